// The parts of LibTorch that the engine uses; torch/torch.h takes twice as long to compile.
#pragma once

#include <torch/autograd.h>
#include <torch/cuda.h>
#include <torch/types.h>
