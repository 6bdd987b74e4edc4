import { counter } from '../plural.ts';

export const count = counter('de');
export const documents = { one: 'Dokument', other: 'Dokumente' };
export const inDocuments = { one: 'Dokument', other: 'Dokumenten' };
export const messages = { one: 'Nachricht', other: 'Nachrichten' };
export const passages = { one: 'Textstelle', other: 'Textstellen' };
export const pages = { one: 'Seite', other: 'Seiten' };
export const statements = { one: 'Aussage', other: 'Aussagen' };
export const number = new Intl.NumberFormat('de');
