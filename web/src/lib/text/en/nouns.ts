import { counter } from '../plural.ts';

export const count = counter('en');
export const documents = { one: 'document', other: 'documents' };
export const messages = { one: 'message', other: 'messages' };
export const passages = { one: 'passage', other: 'passages' };
export const pages = { one: 'page', other: 'pages' };
export const statements = { one: 'statement', other: 'statements' };
