import { posix } from 'node:path';
import { AppError } from '../errors.ts';
import { attribute, readXml } from './xml.ts';
import { openZip, type Zip } from './zip.ts';

/** A part that another refers to; `type` is the last word of the relationship's URI. */
export interface Relationship {
  id: string;
  type: string;
  target: string;
}

/** An Office Open XML package: a zip whose parts refer to each other by relationships. */
export interface OoxmlPackage {
  /** Name of the main part. */
  main: string;
  /** @throws AppError `document_malformed` where the part is missing */
  read(name: string): Uint8Array;
  /** The bytes of a part, or null where it is missing. */
  find(name: string): Uint8Array | null;
  /** What `part` refers to inside the package; links to the outside are left out and never followed. */
  relationshipsOf(part: string): Relationship[];
}

export function openOoxml(bytes: Uint8Array): OoxmlPackage {
  const zip = openZip(bytes);
  const names = new Map(zip.names.map((name) => [name.replace(/^\//, '').toLowerCase(), name]));
  const find = (name: string) => zip.read(names.get(name.toLowerCase()) ?? '');
  checkContentTypes(find('[Content_Types].xml'));
  const main =
    relationships(find, '').find((relationship) => relationship.type === 'officeDocument')?.target ??
    guessMain(zip);
  return {
    main,
    find,
    read(name) {
      const part = find(name);
      if (!part) throw missingPart();
      return part;
    },
    relationshipsOf: (part) => relationships(find, part),
  };
}

function relationships(find: (name: string) => Uint8Array | null, part: string): Relationship[] {
  const folder = posix.dirname(part);
  const bytes = find(posix.join(folder, '_rels', `${posix.basename(part)}.rels`));
  const found: Relationship[] = [];
  if (!bytes) return found;
  readXml(bytes, {
    open(name, attributes) {
      const target = attribute(attributes, 'Target');
      if (
        name !== 'Relationship' ||
        target === undefined ||
        attribute(attributes, 'TargetMode') === 'External'
      )
        return;
      found.push({
        id: attribute(attributes, 'Id') ?? '',
        type: (attribute(attributes, 'Type') ?? '').split('/').at(-1) ?? '',
        target: posix.normalize(target.startsWith('/') ? target.slice(1) : posix.join(folder, target)),
      });
    },
  });
  return found;
}

/** Only to refuse a package that hides an entity bomb where a lenient reader would not look. */
function checkContentTypes(bytes: Uint8Array | null): void {
  if (bytes) readXml(bytes, {});
}

function guessMain(zip: Zip): string {
  const name = zip.names.find((candidate) =>
    /^(word\/document|ppt\/presentation|xl\/workbook)\.xml$/i.test(candidate),
  );
  if (name === undefined) throw missingPart();
  return name;
}

function missingPart(): AppError {
  return new AppError(
    'document_malformed',
    'A part of the document is missing. Open it in its own program, save it again and upload the new file.',
  );
}
