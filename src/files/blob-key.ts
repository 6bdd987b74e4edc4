const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const keyForm = new RegExp(`^${uuid}/${uuid}$`);

/** `user/blob`, two UUIDs: whatever else lies about in a store is none of ours. */
export function isBlobKey(key: string): boolean {
  return keyForm.test(key);
}

/** Keys become paths and names of objects. @throws for anything else */
export function checkedKey(key: string): string {
  if (!isBlobKey(key)) throw new Error('not a blob key');
  return key;
}
