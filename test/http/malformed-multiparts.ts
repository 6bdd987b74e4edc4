export interface MalformedMultipart {
  name: string;
  contentType?: string;
  body: string | Uint8Array;
}

const line = '\r\n';
const disposition = (rest: string) => `Content-Disposition: form-data; ${rest}${line}`;

/** One part of the boundary `X`, with its headers as given. */
function part(headers: string, content: string): string {
  return `--X${line}${headers}${line}${content}${line}`;
}

/** Uploads that no client of good will sends. `conversation` is a real one, so that nothing else is wrong with them. */
export function malformedMultiparts(conversation: string): MalformedMultipart[] {
  const id = part(disposition('name="conversationId"'), conversation);
  const file = part(disposition('name="file"; filename="a.txt"'), 'text');
  const end = `--X--${line}`;
  return [
    { name: 'no boundary named', contentType: 'multipart/form-data', body: id + file + end },
    { name: 'an empty boundary', contentType: 'multipart/form-data; boundary=', body: id + file + end },
    {
      name: 'another boundary than named',
      contentType: 'multipart/form-data; boundary=Y',
      body: id + file + end,
    },
    { name: 'nothing at all', body: '' },
    { name: 'no boundary in it', body: 'just some text' },
    { name: 'half a boundary', body: '--' },
    { name: 'an opening boundary only', body: `--X${line}` },
    { name: 'a closing boundary only', body: end },
    { name: 'no closing boundary', body: id + file.slice(0, -2) },
    {
      name: 'an end inside the headers of the file',
      body: `${id}--X${line}Content-Disposition: form-data; name="file"; filename="a`,
    },
    {
      name: 'an end inside the file',
      body: `${id}--X${line}${disposition('name="file"; filename="a.txt"')}${line}te`,
    },
    { name: 'an end inside the closing boundary', body: `${id}${file}--X` },
    { name: 'a part without headers', body: `${id}--X${line}${line}text${line}${end}` },
    {
      name: 'a header without a colon',
      body: `${id}${part(`Content-Disposition form-data name=file${line}`, 'text')}${end}`,
    },
    {
      name: 'headers of 100 kB',
      body: `${id}${part(`X-Long: ${'x'.repeat(100_000)}${line}${disposition('name="file"; filename="a.txt"')}`, 'text')}${end}`,
    },
    { name: 'line feeds for line ends', body: (id + file + end).replaceAll('\r\n', '\n') },
    {
      name: 'a NUL in the file name',
      body: id + part(disposition('name="file"; filename="a\0b.txt"'), 'text') + end,
    },
    {
      name: 'the conversation as a file',
      body: part(disposition('name="conversationId"; filename="id.txt"'), conversation) + file + end,
    },
    {
      name: 'a conversation that is no id',
      body: part(disposition('name="conversationId"'), '../../etc/passwd') + file + end,
    },
    {
      name: 'a conversation of 20 kB',
      body: part(disposition('name="conversationId"'), conversation.repeat(600)) + file + end,
    },
    {
      name: 'two conversations',
      body:
        id +
        file +
        part(disposition('name="conversationId"'), '019a8f5e-7c11-7c3e-9f55-3a1d2e4b5c6d') +
        file +
        end,
    },
    { name: 'a field named __proto__', body: id + part(disposition('name="__proto__"'), 'x') + file + end },
    {
      name: 'a file field named __proto__',
      body: id + part(disposition('name="__proto__"; filename="a.txt"'), 'x') + end,
    },
    { name: 'no file', body: id + end },
    { name: 'the file as a plain field', body: id + part(disposition('name="file"'), 'text') + end },
    {
      name: 'bytes that are no text',
      body: Uint8Array.from({ length: 5_000 }, (_, at) => (at * 7919) % 256),
    },
  ];
}
