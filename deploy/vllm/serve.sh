#!/usr/bin/env bash
# Serves gpt-oss-120b with vLLM for bapsang. README.md beside this file says why each flag
# is there. Set by environment: PORT, API_KEY_FILE, GPUS (tensor parallel size), MODEL_DIR.
set -euo pipefail

port=${PORT:-8000}
gpus=${GPUS:-1}
model=${MODEL_DIR:-openai/gpt-oss-120b}
key_file=${API_KEY_FILE:?name a file that holds the API key}

# The model is told the date it started on; without this every prompt changes at midnight
# and nothing that was computed before can be used again. Bapsang says what day it is
# itself, at the end of the prompt.
export VLLM_SYSTEM_START_DATE=${VLLM_SYSTEM_START_DATE:-2026-01-01}
# vLLM reads the key from the environment, where a process list does not show it.
VLLM_API_KEY=$(<"$key_file")
export VLLM_API_KEY

exec vllm serve "$model" \
  --served-model-name openai/gpt-oss-120b \
  --host "${HOST:-0.0.0.0}" --port "$port" \
  --tensor-parallel-size "$gpus" \
  --tool-call-parser openai --enable-auto-tool-choice \
  --reasoning-parser openai_gptoss \
  --enable-prefix-caching \
  --enable-prompt-tokens-details \
  --scheduling-policy priority \
  --max-model-len "${MAX_LEN:-32768}" \
  --max-num-seqs "${MAX_SEQS:-64}" \
  --gpu-memory-utilization "${GPU_MEMORY:-0.95}" \
  ${MAX_BATCHED_TOKENS:+--max-num-batched-tokens "$MAX_BATCHED_TOKENS"} \
  "$@"
