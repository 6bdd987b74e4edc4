/** The commands of the palette. */
export type CommandId =
  | 'new'
  | 'upload'
  | 'theme'
  | 'rename'
  | 'pin'
  | 'archive'
  | 'share'
  | 'export'
  | 'conversationSettings'
  | 'delete'
  | 'documents'
  | 'statistics'
  | 'settings'
  | 'admin'
  | 'shortcuts'
  | 'signOut';

/** What people call a command, in both languages: whoever works in one of them often knows the word of the other. */
const wordsOf: Record<CommandId, string> = {
  new: 'new conversation chat begin start neues gespräch unterhaltung beginnen',
  upload: 'upload add files documents attach hochladen dateien dokumente hinzufügen anhängen',
  theme:
    'toggle theme colours colors dark light mode appearance design farben dunkel hell umschalten wechseln',
  rename: 'rename title change conversation umbenennen titel ändern gespräch',
  pin: 'pin unpin top favourite conversation anheften lösen oben merken gespräch',
  archive: 'archive unarchive put away conversation archivieren archiv ablegen gespräch',
  share: 'share link publish conversation teilen freigeben verweis gespräch',
  export: 'export download save pdf markdown conversation exportieren herunterladen speichern gespräch',
  conversationSettings: 'settings model prompt conversation einstellungen modell anweisung gespräch',
  delete: 'delete remove erase conversation löschen entfernen gespräch',
  documents: 'documents library files dokumente bibliothek dateien',
  statistics: 'statistics stats usage numbers statistik nutzung zahlen',
  settings:
    'settings account profile password keys language einstellungen konto profil passwort schlüssel sprache',
  admin: 'administration users people audit verwaltung benutzer personen protokoll',
  shortcuts: 'keyboard shortcuts help keys tastatur kürzel hilfe tasten',
  signOut: 'sign out log out logout leave abmelden ausloggen verlassen',
};

/** Whether a command is meant: each word that was typed begins one of its own, in either language. */
export function isMeant(id: CommandId, label: string, query: string): boolean {
  const own = wordsIn(`${label} ${wordsOf[id]}`);
  return wordsIn(query).every((typed) => own.some((word) => word.startsWith(typed)));
}

function wordsIn(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
