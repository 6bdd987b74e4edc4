import { AppError } from '../errors.ts';
import { type FaultFacts, type FaultKind, readFacts } from './faults.ts';
import type { ModelLimits } from './limits.ts';

/** How a provider is spoken of, and which settings repair it. */
export interface ProviderLabel {
  name: string;
  addressSetting: string;
  keySetting: string;
  modelSetting: string;
  /** Redacted wherever the provider's own words are kept. */
  secret?: string;
}

/** Enough of the provider's words to find the reason; a longer message may quote the prompt. */
const maxLoggedChars = 200;

/** One clear sentence for the caller; the provider's words, shortened and without the key, in `cause`. */
export function explainFault(error: unknown, label: ProviderLabel, limits: ModelLimits): AppError {
  if (error instanceof AppError) return error;
  const facts = readFacts(error);
  const details = {
    // Not the SDK's error itself: that one holds the whole prompt, which no log may keep.
    cause: new Error(describeForLog(facts, label)),
    retryAfterSeconds: facts.retryAfterMs === undefined ? undefined : Math.ceil(facts.retryAfterMs / 1000),
  };
  if (facts.kind?.endsWith('_timeout')) {
    return new AppError('model_timeout', explainKind(facts.kind, label, limits), details);
  }
  if (isContextOverflow(facts)) {
    return new AppError(
      'context_overflow',
      `${label.name} says that the question with its sources is too long for the model: ask with fewer sources, or set LLM_CONTEXT_WINDOW to the model's real limit.`,
      {
        ...details,
        plain: `${label.name} says that the question with its sources is too long for the model: ask with fewer sources.`,
      },
    );
  }
  const sentence = facts.kind ? explainKind(facts.kind, label, limits) : explainStatus(facts, label);
  return new AppError('model_unavailable', sentence, { ...details, plain: withoutSettings(sentence, label) });
}

/** What has happened, and who can mend it, where the advice behind the colon names a setting. */
function withoutSettings(
  sentence: string,
  { addressSetting, keySetting, modelSetting }: ProviderLabel,
): string {
  const names = [addressSetting, keySetting, modelSetting, 'EMBEDDING_DIMENSIONS'];
  if (!names.some((name) => sentence.includes(name))) return sentence;
  const [what = ''] = sentence.split(': ', 1);
  return `${what}: tell whoever runs this server, or ask again later.`;
}

function explainKind(kind: FaultKind, label: ProviderLabel, limits: ModelLimits): string {
  const { name, addressSetting, modelSetting } = label;
  const sentences: Record<FaultKind, string> = {
    first_token_timeout: `did not begin to answer within ${seconds(limits.firstTokenMs)}: ask again, or check that the model is loaded.`,
    stall_timeout: `stopped sending for ${seconds(limits.stallMs)} in the middle of the answer: ask again.`,
    total_timeout: `did not finish within ${seconds(limits.totalMs)}: ask again, or ask for a shorter answer.`,
    embed_timeout: `did not return embeddings within ${seconds(limits.embedMs)}: try again, or check that the model is loaded.`,
    rerank_timeout: `did not return its scores within ${seconds(limits.rerankMs)}: check that the model is loaded, or use a smaller one.`,
    too_large: 'sent more than one answer may hold and was stopped: ask again, or ask for a shorter answer.',
    cut: 'ended the connection in the middle of the answer: ask again.',
    not_a_stream: `did not answer with a stream: check that ${addressSetting} is the address of its API (it usually ends in /v1).`,
    malformed: `sent a response that is not valid: ask again, and check ${addressSetting} if it happens every time.`,
    unusable_vectors: `returned embeddings that cannot be used: check ${modelSetting} and EMBEDDING_DIMENSIONS.`,
    unusable_scores: `returned scores that cannot be used: check ${modelSetting} and ${addressSetting}.`,
  };
  return `${name} ${sentences[kind]}`;
}

function explainStatus(facts: FaultFacts, label: ProviderLabel): string {
  const { name, addressSetting, keySetting, modelSetting } = label;
  const { status } = facts;
  if (facts.isNetwork)
    return `${name} cannot be reached: check that it runs and that ${addressSetting} is right.`;
  if (status === 401 || status === 403) return `${name} refused the key: check ${keySetting}.`;
  if (status === 404)
    return `${name} does not have this model or address: check ${modelSetting} and ${addressSetting}.`;
  if (facts.code === 'insufficient_quota' || status === 402)
    return `The credit at ${name} is used up: check the account's billing.`;
  if (status === 429) return `${name} limits its requests at the moment: wait a little and ask again.`;
  if (status !== undefined && status >= 500) return `${name} failed (HTTP ${status}): ask again in a moment.`;
  if (status !== undefined && status >= 300 && status < 400) {
    return `${name} redirects to another address, which is not followed: set ${addressSetting} to the final one.`;
  }
  if (status !== undefined) return `${name} refused the request (HTTP ${status}): check ${modelSetting}.`;
  return `${name} reported an error instead of an answer: ask again, and check ${modelSetting} if it happens every time.`;
}

/** Providers agree on neither a status nor a code for an input that is too long. */
function isContextOverflow(facts: FaultFacts): boolean {
  if (facts.code === 'context_length_exceeded' || facts.code === 'exceed_context_size_error') return true;
  const refused = facts.status === 400 || facts.status === 413 || facts.status === 422;
  return (
    refused &&
    /context (length|size|window)|maximum context|prompt is too long|too many tokens|exceeds the maximum number of tokens|token count/i.test(
      facts.message,
    )
  );
}

function describeForLog(facts: FaultFacts, label: ProviderLabel): string {
  const words = label.secret ? facts.message.replaceAll(label.secret, '[key]') : facts.message;
  const parts = [
    facts.kind,
    facts.status && `HTTP ${facts.status}`,
    facts.code,
    words.slice(0, maxLoggedChars),
  ];
  return `${label.name}: ${parts.filter(Boolean).join(', ')}`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} milliseconds` : `${Math.round(ms / 1000)} seconds`;
}
