/** Hands bytes to the browser's own way of saving, whatever it would do with their type. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** The same for an answer of the server, under the name that it gives. */
export async function saveResponse(response: Response, fallback: string): Promise<void> {
  saveFile(await response.blob(), nameIn(response.headers.get('content-disposition')) ?? fallback);
}

/** The name in a `content-disposition`, of RFC 6266: the encoded form first. */
function nameIn(disposition: string | null): string | null {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1];
  if (encoded !== undefined) return decodeURIComponent(encoded);
  return /filename="([^"]+)"/i.exec(disposition ?? '')?.[1] ?? null;
}
