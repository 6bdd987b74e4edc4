export const connection = {
  lost: 'The server cannot be reached. Trying again…',
  stale: 'Changes made elsewhere are not shown for a moment.',
  outdated:
    'A part of this page is missing, perhaps because Alcove was updated. What you have written stays.',
  reload: 'Load again',
};
