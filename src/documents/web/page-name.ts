import type { IncomingHttpHeaders } from 'node:http';

const endings: Record<string, string | undefined> = {
  'text/html': 'html',
  'application/xhtml+xml': 'html',
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/csv': 'csv',
  'application/json': 'json',
  'application/pdf': 'pdf',
  'application/epub+zip': 'epub',
  'application/rtf': 'rtf',
  'message/rfc822': 'eml',
};

/** As the server names it, or by the end of its path; with an ending by which its kind is known. */
export function nameOfPage(url: URL, headers: IncomingHttpHeaders): string {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const given = dispositionName(headers['content-disposition']) ?? lastSegment(url);
  const name = given === '' ? url.hostname : given;
  const ending = endings[type];
  return ending === undefined || hasEnding(name) ? name : `${name}.${ending}`;
}

function hasEnding(name: string): boolean {
  return /\.[a-z][a-z0-9]{1,4}$/i.test(name) && !/\.(?:com|org|net|php|aspx?|jsp)$/i.test(name);
}

function dispositionName(header: string | undefined): string | undefined {
  const quoted = /filename="([^"]{1,255})"/i.exec(header ?? '')?.[1];
  return quoted ?? /filename=([^;"\s]{1,255})/i.exec(header ?? '')?.[1];
}

function lastSegment({ pathname }: URL): string {
  const last = pathname.split('/').findLast((part) => part !== '') ?? '';
  try {
    return decodeURIComponent(last);
  } catch {
    // An escape that is none stands as it is.
    return last;
  }
}
