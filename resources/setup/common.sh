# What the set-up scripts share: where things are kept, how they speak, which CUDA compiler is used. Sourced, not run.
dataFolder=$(realpath -m "${CONSA_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/consa-explorer}")
environmentFolder=$dataFolder/environment
python=$environmentFolder/bin/python
export CONSA_DATA_DIR=$dataFolder

# A child may take Ctrl+C as a mere failure; the scripts stop all the same.
trap 'exit 130' INT
trap 'exit 143' TERM

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# All Python packages land here; empty before the environment exists.
sitePackages() { compgen -G "$environmentFolder/lib/python3*/site-packages" || true; }

# pip of the environment, quiet where nobody watches.
pipRun() {
    local options=(--disable-pip-version-check --retries 3)
    [ -t 2 ] || options+=(--quiet --quiet)
    "$python" -m pip "$@" "${options[@]}" >&2
}

# The machine's own nvcc, when its CUDA version is the one LibTorch was built with; empty otherwise.
machineNvcc() {
    local nvcc
    for nvcc in "$(command -v nvcc || true)" /usr/local/cuda/bin/nvcc; do
        [ -x "$nvcc" ] && "$nvcc" --version | grep -q 'release 13\.' || continue
        printf '%s\n' "$nvcc"
        return
    done
}

# The nvcc that the set-up put into the environment; empty where there is none.
environmentNvcc() {
    local nvcc
    nvcc=$(sitePackages)/nvidia/cu13/bin/nvcc
    if [ -x "$nvcc" ] && [ -e "$environmentFolder/.requirements_cuda.txt" ]; then printf '%s\n' "$nvcc"; fi
}
