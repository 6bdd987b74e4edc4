/** What people call a kind of file; their names are the same in every language. */
const names: Record<string, string> = {
  'application/pdf': 'PDF',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Word (.docx)',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'PowerPoint (.pptx)',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Excel (.xlsx)',
  'application/vnd.oasis.opendocument.text': 'OpenDocument (.odt)',
  'application/vnd.oasis.opendocument.spreadsheet': 'OpenDocument (.ods)',
  'application/vnd.oasis.opendocument.presentation': 'OpenDocument (.odp)',
  'application/rtf': 'Rich Text (.rtf)',
  'application/epub+zip': 'EPUB',
  'text/html': 'HTML',
  'message/rfc822': 'E-mail (.eml)',
  'text/markdown': 'Markdown',
  'text/csv': 'CSV',
  'application/json': 'JSON',
  'text/plain': 'Text',
};

/** Of what a server reads, the kinds that have a name. */
export function namedKinds(mediaTypes: readonly string[]): { mediaType: string; name: string }[] {
  return mediaTypes.flatMap((mediaType) => {
    const name = names[mediaType];
    return name === undefined ? [] : [{ mediaType, name }];
  });
}
