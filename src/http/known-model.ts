import type { ConversationSettings } from '@alcove/contract';
import { AppError } from '../errors.ts';
import type { Models } from '../models/model.ts';

/** @throws AppError `invalid_request` for settings that name a model which is not configured */
export function refuseUnknownModel(settings: ConversationSettings | undefined, { chatModels }: Models): void {
  const wanted = settings?.model;
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
