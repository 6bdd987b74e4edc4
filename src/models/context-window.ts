/**
 * Tokens that a model can hold, input and output together: the configured number, else what is
 * known of the model's family, else 8,192. The table errs on the small side: a prompt that is too
 * short costs a source, one that is too long costs the answer.
 */
export function contextWindowOf(model: string, configured?: number): number {
  if (configured) return configured;
  // Names come as `vendor/model` from gateways and as `model:size` from Ollama.
  const name = model.toLowerCase().split('/').at(-1) ?? '';
  return families.find(([pattern]) => pattern.test(name))?.[1] ?? defaultContextWindow;
}

/** The smallest window among models in common use. */
const defaultContextWindow = 8_192;

/** First match wins. Sources: the vendors' model pages and model cards. */
const families: [RegExp, number][] = [
  [/^gpt-oss/, 131_072],
  // 400,000 together, of which the input may take this much.
  [/^gpt-[5-9]/, 272_000],
  [/^gpt-4\.1/, 1_047_576],
  [/^gpt-4o|^gpt-4-turbo|^chatgpt-4o/, 128_000],
  [/^gpt-4/, 8_192],
  [/^gpt-3\.5/, 16_385],
  [/^o[134]\b/, 200_000],
  [/^claude/, 200_000],
  [/^gemini/, 1_048_576],
  [/^gemma-?3:?(270m|1b)/, 32_768],
  [/^gemma-?[3-9]/, 131_072],
  [/^llama-?3[.-][1-9]|^llama-?[4-9]|^meta-llama-?3[.-][1-9]/, 131_072],
  [/^qwen-?2\.5|^qwen-?[3-9]|^qwq/, 32_768],
  [/^mistral-(nemo|large|medium)|^ministral/, 131_072],
  [/^mistral|^mixtral/, 32_768],
  [/^deepseek/, 65_536],
  [/^command-r|^command-a/, 131_072],
  [/^phi-?[34]/, 16_384],
  [/^granite/, 131_072],
];
