export const connection = {
  lost: 'The server cannot be reached. Trying again…',
  stale: 'Changes made elsewhere are not shown for a moment.',
};
