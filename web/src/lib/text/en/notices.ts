export const notices = { label: 'Notices', hide: 'Hide notices' };
