import type { ConversationSettings } from '@alcove/contract';
import { AppError } from '../errors.ts';
import type { HttpDeps } from './deps.ts';

/** @throws AppError `invalid_request` for a model that is not configured and for what is above the operator's bounds */
export function refuseSettings(settings: ConversationSettings | undefined, deps: HttpDeps): void {
  if (settings === undefined) return;
  refuseUnknownModel(settings.model, deps);
  const { maxTemperature, maxOutputTokens } = deps.config.limits;
  refuseAbove('temperature', settings.temperature, maxTemperature, 'MAX_TEMPERATURE');
  refuseAbove('max_output_tokens', settings.max_output_tokens, maxOutputTokens, 'MAX_OUTPUT_TOKENS');
}

function refuseUnknownModel(wanted: string | undefined, { models: { chatModels } }: HttpDeps): void {
  if (wanted === undefined || chatModels.some(({ id }) => id === wanted)) return;
  const known = chatModels.map(({ id }) => id).join(', ');
  throw new AppError(
    'invalid_request',
    known === ''
      ? 'No language model is configured here.'
      : `There is no model "${wanted}" here: choose one of ${known}.`,
    { issues: [{ path: 'settings.model', message: 'is not configured' }] },
  );
}

function refuseAbove(
  name: 'temperature' | 'max_output_tokens',
  wanted: number | undefined,
  bound: number,
  setting: string,
): void {
  if (wanted === undefined || wanted <= bound) return;
  throw new AppError('invalid_request', `${name} may be at most ${bound} here (${setting}).`, {
    plain: `${name} may be at most ${bound} here.`,
    issues: [{ path: `settings.${name}`, message: `must be at most ${bound}` }],
  });
}
