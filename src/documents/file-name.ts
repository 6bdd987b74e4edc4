const maxCharacters = 255;
// Control characters, and the marks that turn the direction of what follows: "exe.fdp" must not read "pdf.exe".
const invisible = /[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/gu;

/** A name that is safe to show and to send in a header: the last path segment, without invisible characters. */
export function safeName(given: string): string {
  const segment = given.toWellFormed().split(/[\\/]/).at(-1) ?? '';
  const visible = segment.replace(invisible, '').replace(/\s+/g, ' ').trim();
  if (visible === '' || /^\.+$/.test(visible)) return 'document';
  if (visible.length <= maxCharacters) return visible;
  const dot = visible.lastIndexOf('.');
  const extension = dot > 0 && visible.length - dot <= 12 ? visible.slice(dot) : '';
  return visible.slice(0, maxCharacters - extension.length).toWellFormed() + extension;
}
