import { chatbotui, claude, librechat, sharegpt } from './chains.ts';
import { chatgpt } from './chatgpt.ts';
import type { ImportFormat } from './imported.ts';
import { openwebui } from './openwebui.ts';
import { ownBundle } from './own-bundle.ts';

/** The first that recognises an item reads it. */
export const importFormats: readonly ImportFormat[] = [
  ownBundle,
  chatgpt,
  claude,
  openwebui,
  librechat,
  chatbotui,
  sharegpt,
];
