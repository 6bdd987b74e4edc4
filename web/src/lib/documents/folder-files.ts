/** The files of what was dropped, folders and their folders included; what programs hide in them stays out. */
export async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.name.startsWith('.')) return [];
  if (entry.isFile) {
    return [
      await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)),
    ];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  // A reader gives at most a hundred at a time, and then nothing.
  for (let some = await readSome(reader); some.length > 0; some = await readSome(reader)) {
    files.push(...(await Promise.all(some.map(filesOf))).flat());
  }
  return files;
}

function readSome(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}
