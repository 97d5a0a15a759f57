"""Turns what layout_study.py measured into tables (Markdown) and the frontier (SVG).

    python3 layout_tables.py OUT RESULTS

Writes RESULTS/tables.md and RESULTS/frontier.svg. Losses are nats a token; "of the rule gap" and "gain" are against the
best interleaved phase of the same count, +- one paired standard error clustered by document. Needs Python only.
"""
import itertools
import json
import math
import pathlib
import statistics
import sys

T_95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 8: 2.365, 10: 2.262}  # two-sided, by the count of values


def name_of(layout):
    """A rule, a run's folder, or the folder of a layout file (with the target of a sweep's)."""
    path = pathlib.Path(layout)
    if path.suffix != ".json":
        return path.name if "/" in layout else layout
    target = path.stem.removeprefix("layout").removeprefix("_")
    return path.parent.name + (f"@{target}" if target else "")


class Results:
    def __init__(self, out):
        self.out = pathlib.Path(out)

    def rows(self, name):
        """Rows of a comparison by name; a run's row by the run's name."""
        path = self.out / "compare" / f"{name}.json"
        if not path.exists():
            return {}
        rows = json.loads(path.read_text())["comparison"]
        return {name_of(r["layout"]): r for r in rows}

    def full_units(self, run):
        layout = json.loads((self.out / "runs" / run / "layout.json").read_text())
        return {(i, j) for i, row in enumerate(layout["units"]) for j, unit in enumerate(row) if unit in (1, True, "full", "F")}

    def done(self, run):
        line = (self.out / "logs" / f"{run}.jsonl").read_text().strip().splitlines()[-1]
        return json.loads(line)


def mean(values):
    return statistics.fmean(values)


def spread(values):
    return f"{min(values):.3f} to {max(values):.3f}" if len(values) > 1 else "-"


def runs_of(rows, prefix):
    return [name for name in rows if name.startswith(prefix) and name[len(prefix):].isdigit()]


def line_of(label, group):
    if not group:
        return None
    share = [r["shareOfRuleGap"] for r in group if r["shareOfRuleGap"] is not None]
    sliding = [r["shareOfSlidingGap"] for r in group if r["shareOfSlidingGap"] is not None]
    gains = [(r["gainOverInterleaved"], r["gainStandardError"]) for r in group if r["gainOverInterleaved"] is not None]
    cell = lambda values: f"{mean(values):.3f}" if values else "-"
    least = min((g / e for g, e in gains if e), default=float("nan"))
    gain = f"{mean([g for g, _ in gains]):+.4f} +- {mean([e for _, e in gains]):.4f}" if gains else "-"
    return (f"| {label} | {group[0]['fullUnits']}/{group[0]['units']} | {len(group)} | {mean([r['perplexity'] for r in group]):.3f} "
            f"| {cell(share)} | {spread(share)} | {cell(sliding)} | {gain} | {'-' if math.isnan(least) else f'{least:.1f}'} |")


HEAD = ("| layout | full units | seeds | perplexity | of the rule gap | spread | of the sliding gap | gain | least gain, errors |\n"
        "|---|---|---|---|---|---|---|---|---|")


def main_tables(results):
    for target in (0.25, 0.5, 0.7, 0.75, 0.8, 0.875):
        rows = results.rows(f"main_{target}")
        if not rows:
            continue
        full = rows["full"]
        yield f"\n### T = {target}: {full['tokens']:,} test tokens, {full['documents']} documents, all full {full['perplexity']:.3f}\n"
        yield HEAD
        for label, prefix in (("learned KV heads", f"heads_{target}_"), ("learned layers", f"layers_{target}_"),
                              ("learned KV heads, budget in every layer", f"perlayer_{target}_")):
            yield line_of(label, [rows[n] for n in runs_of(rows, prefix)])
        for name, row in rows.items():
            if "@" in name or name == "sliding":
                yield line_of(name, [row])


def agreement(results):
    yield "\n| target | seeds | full units that two seeds share, of |\n|---|---|---|"
    for kind, targets in (("heads", (0.25, 0.5, 0.7, 0.75, 0.8, 0.875)), ("layers", (0.5, 0.7, 0.8))):
        for target in targets:
            runs = sorted(p.name for p in (results.out / "runs").glob(f"{kind}_{target}_*"))
            if len(runs) < 2:
                continue
            units = [results.full_units(run) for run in runs]
            shared = [len(a & b) for a, b in itertools.combinations(units, 2)]
            yield f"| {kind}, {target} | {len(runs)} | {mean(shared):.1f} ({min(shared)} to {max(shared)}) of {len(units[0])} |"


def steering(results):
    yield "\n| move | seeds | steered - from the start, nats | 95 % interval | +-5 % of the rule gap |\n|---|---|---|---|---|"
    for name, end in (("up", 0.75), ("down", 0.3), ("drag", 0.7)):
        rows = results.rows(f"steering_{name}")
        steered = runs_of(rows, f"{name}_")
        if len(steered) < 2:
            continue
        rule = min(r["nll"] for n, r in rows.items() if n.startswith("interleaved"))
        margin = 0.05 * (rule - rows["full"]["nll"])
        differences = [rows[n]["nll"] - rows[f"heads_{end}_{n.rsplit('_', 1)[1]}"]["nll"] for n in steered]
        half = T_95[len(differences)] * statistics.stdev(differences) / math.sqrt(len(differences))
        yield (f"| {name}, to {end} | {len(differences)} | {mean(differences):+.5f} | {mean(differences) - half:+.5f} to "
               f"{mean(differences) + half:+.5f} | +-{margin:.5f} |")


def constraint(results):
    yield "\n| runs | largest distance of the expected sparsity from its target, points | undecided gates, mean |\n|---|---|---|"
    for kind in ("heads", "layers", "perlayer", "up", "down", "drag"):
        found = []
        for path in (results.out / "runs").glob(f"{kind}_*"):
            done = results.done(path.name)
            config = json.loads((path / "config.json").read_text())["config"]
            target = float(config["moves"][-1].split("=")[1]) if config.get("moves") else config["target"]
            found.append((abs(done["expectedSparsity"] - target), done["undecided"]))
        if found:
            yield f"| {kind} ({len(found)}) | {100 * max(e for e, _ in found):.2g} | {mean([u for _, u in found]):.0f} |"


def other_tables(results):
    for path in sorted((results.out / "compare").glob("*.json")):
        if path.stem.startswith(("main_", "steering_", "passkey_")):
            continue
        rows = results.rows(path.stem)
        yield f"\n### {path.stem}: {rows['full']['tokens']:,} tokens, {rows['full']['documents']} documents, all full {rows['full']['perplexity']:.3f}\n"
        yield HEAD
        for name, row in rows.items():
            if name != "full":
                yield line_of(name, [row])


def recoveries(results):
    """Every run of `consa recover`: its own comparison and that on texts of another domain."""
    for path in sorted((results.out / "runs").glob("recover_*/recovery.json")):
        report = json.loads(path.read_text())
        for key in ("comparison", "otherComparison"):
            rows = report.get(key) or []
            if not rows:
                continue
            where = "" if key == "comparison" else ", texts of another domain"
            yield f"\n### {path.parent.name}{where}: {rows[0]['tokens']:,} tokens, {rows[0]['documents']} documents\n"
            yield HEAD
            for row in rows:
                yield line_of(name_of(row["layout"]), [row])


def passkeys(results):
    """Loss of the answer by depth, nats a token; how often every token of it is the likeliest."""
    for path in sorted((results.out / "compare").glob("passkey_*.json")):
        report = json.loads(path.read_text())
        depths = report["passkey"]["depths"]
        yield f"\n### {path.stem}: {report['keys']} texts of {report['context']} tokens a depth\n"
        yield "| layout | " + " | ".join(f"depth {d['depth']}" for d in depths) + " |\n|---|" + "---|" * len(depths)
        for i, row in enumerate(depths[0]["layouts"]):
            cells = [f"{d['layouts'][i]['nll']:.2f} ({100 * d['layouts'][i]['rightShare']:.0f} %)" for d in depths]
            yield f"| {pathlib.Path(row['layout']).name} | " + " | ".join(cells) + " |"


def frontier(results):
    """Loss above all full over sparsity: learned (seeds), sweeps, best interleaved, sensitivity."""
    series = {"learned": [], "sweep": [], "interleaved": [], "sensitivity": [], "random": []}
    for target in (0.25, 0.5, 0.7, 0.75, 0.8, 0.875):
        rows = {**results.rows(f"sweep_{target}"), **results.rows(f"main_{target}")}
        for name, row in rows.items():
            for kind in series:
                if name.startswith({"learned": "heads_", "sweep": "sweep_"}.get(kind, kind)):
                    series[kind].append((row["sparsity"], row["deltaNll"], row["deltaStandardError"]))
    width, height, left, bottom = 640, 400, 70, 350
    top = max((d for points in series.values() for _, d, _ in points), default=1) * 1.05
    x = lambda s: left + s * (width - left - 20)
    y = lambda d: bottom - d / top * (bottom - 20)
    colours = {"learned": "#0072B2", "interleaved": "#D55E00", "sensitivity": "#009E73", "sweep": "#CC79A7", "random": "#8A8F96"}
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for s in (0, 0.25, 0.5, 0.75, 1):
        out.append(f'<line x1="{x(s)}" y1="20" x2="{x(s)}" y2="{bottom}" stroke="#D0D7DE"/>'
                   f'<text x="{x(s)}" y="{bottom + 18}" text-anchor="middle">{100 * s:.0f} %</text>')
    for i in range(int(top / 0.05) + 1):
        d = 0.05 * i
        out.append(f'<text x="{left - 8}" y="{y(d) + 4}" text-anchor="end">{d:.2f}</text>')
    out.append(f'<text x="{width / 2}" y="{height - 12}" text-anchor="middle">sliding units</text>'
               f'<text x="14" y="{height / 2}" transform="rotate(-90 14 {height / 2})" text-anchor="middle">nats above all full</text>')
    for i, (kind, points) in enumerate(series.items()):
        for s, d, error in points:
            out.append(f'<line x1="{x(s):.1f}" y1="{y(d - error):.1f}" x2="{x(s):.1f}" y2="{y(d + error):.1f}" stroke="{colours[kind]}"/>'
                       f'<circle cx="{x(s):.1f}" cy="{y(d):.1f}" r="3" fill="{colours[kind]}"/>')
        out.append(f'<circle cx="{left + 14}" cy="{34 + 18 * i}" r="3" fill="{colours[kind]}"/><text x="{left + 24}" y="{38 + 18 * i}">{kind}</text>')
    return "\n".join([*out, "</svg>", ""])


def main():
    results, folder = Results(sys.argv[1]), pathlib.Path(sys.argv[2])
    parts = [("## Learned against rules", main_tables), ("## Seeds", agreement), ("## The constraint", constraint),
             ("## Steering", steering), ("## Other comparisons", other_tables),
             ("## After equal training", recoveries), ("## Passkey", passkeys)]
    lines = [line for title, make in parts for line in (f"\n{title}", *make(results)) if line is not None]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tables.md").write_text("\n".join(lines).strip() + "\n")
    (folder / "frontier.svg").write_text(frontier(results))


if __name__ == "__main__":
    main()
