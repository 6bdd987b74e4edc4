import { z } from 'zod';

/** A message of MCP; its parts are checked by the protocol's own library. */
export const mcpMessage = z.looseObject({
  jsonrpc: z.literal('2.0'),
  method: z.string().max(200).optional(),
});
