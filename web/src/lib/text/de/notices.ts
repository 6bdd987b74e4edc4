import type { Dictionary } from '../en.ts';

export const notices: Dictionary['notices'] = { label: 'Hinweise', hide: 'Hinweise ausblenden' };
