export const sources = {
  heading: 'Sources',
  pill: (n: number, name: string, page: number | null) =>
    `Source ${n}: ${name}${page === null ? '' : `, page ${page}`}`,
  states: {
    verified: '',
    unverified: ' (not shown to hold)',
    contradicted: ' (the passage says otherwise)',
    pending: ' (being checked)',
  },
  verdicts: {
    verified: 'Verified: the passage says this.',
    unverified: 'Unverified: the passage does not show this.',
    contradicted: 'Contradicted: a number or a “not” differs between the passage and the sentence.',
  },
  page: (page: number) => `page ${page}`,
  pageShort: (page: number) => `p. ${page}`,
  recognised: 'text recognised in a picture, may be wrong in places',
  passage: 'Passage',
  loading: 'Loading the surrounding text…',
  gone: 'The document is no longer in this conversation. This is the passage as it was quoted.',
  replaced: 'The document has another version since. This is the passage as it was quoted.',
  unplaced: 'This is the passage as it was quoted.',
  cited: 'cited',
  notCited: 'found, not cited',
  footnote: (number: number) => `Footnote ${number}`,
  imported: 'Cited where it was imported from',
  backFromFootnote: (number: number) => `Back from footnote ${number}`,
};
