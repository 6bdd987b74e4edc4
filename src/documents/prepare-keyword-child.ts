import { type SandboxInput, type Send, serveSandbox } from '../formats/sandbox-child.ts';
import { type PrepareInput, prepareIndex } from '../indexing/prepare.ts';

serveSandbox(index);

/** Stored passages in, keyword index out. */
async function index({ body }: SandboxInput, send: Send): Promise<void> {
  // Safe: the server has printed it from this type.
  const input = JSON.parse(Buffer.from(body).toString()) as PrepareInput;
  const { language, segment } = prepareIndex(input);
  send({ type: 'segment', language }, segment);
}
