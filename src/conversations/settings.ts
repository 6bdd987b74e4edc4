import { type ConversationSettings, conversationSettings } from '@alcove/contract';

/** Of what earlier versions, clients and files say: each setting that is known and right. */
export function knownSettings(said: object): ConversationSettings {
  const right = Object.entries(said).filter(
    ([name, value]) => conversationSettings.safeParse({ [name]: value }).success,
  );
  return Object.fromEntries(right);
}
