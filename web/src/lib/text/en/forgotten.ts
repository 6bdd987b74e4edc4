export const forgotten = {
  title: 'Have a link sent to you',
  send: 'Send the link',
  sent: 'If there is an account with this address, a link is on its way to it.',
};
