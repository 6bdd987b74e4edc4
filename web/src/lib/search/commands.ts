import type { Conversation } from '@alcove/client';
import { goto } from '$app/navigation';
import type { Appearance } from '../appearance.svelte.ts';
import type { Workspace } from '../conversations/workspace.svelte.ts';
import type { Session } from '../session/session.svelte.ts';
import { t } from '../text/text.ts';
import { focusChat } from '../ui/focus.ts';
import type { CommandId } from './command-words.ts';

export interface Command {
  id: CommandId;
  label: string;
  run: () => void | Promise<void>;
}

interface Surroundings {
  session: Session;
  workspace: Workspace;
  appearance: Appearance;
  /** The open conversation is what is looked at, and not another page. */
  isInChat: boolean;
}

/** What can be done from everywhere, and with the conversation that is open. */
export function commandsOf({ session, workspace, appearance, isInChat }: Surroundings): Command[] {
  const words = t.search.commandNames;
  const here = isInChat ? workspace.current.id : null;
  const open = workspace.list.find(here);
  const isDark = appearance.isDark();
  return [
    { id: 'new', label: t.conversations.new, run: () => goto('/dashboard/chatbot').then(focusChat) },
    { id: 'upload', label: words.upload, run: () => chooseFiles(here, workspace) },
    ...(open ? ofConversation(open, workspace) : []),
    {
      id: 'theme',
      label: isDark ? words.light : words.dark,
      run: () => void (appearance.theme = isDark ? 'light' : 'dark'),
    },
    { id: 'documents', label: t.documents.all, run: () => goto('/dashboard/documents') },
    { id: 'statistics', label: t.nav.statistics, run: () => goto('/dashboard/stats') },
    { id: 'settings', label: t.nav.settings, run: () => goto('/dashboard/settings') },
    ...(session.user?.role === 'admin'
      ? [{ id: 'admin' as const, label: t.nav.admin, run: () => goto('/dashboard/admin') }]
      : []),
    { id: 'shortcuts', label: t.shortcuts.show, run: () => void (workspace.isHelpOpen = true) },
    { id: 'signOut', label: t.account.signOut, run: () => signOut(session, workspace) },
  ];
}

function ofConversation(conversation: Conversation, workspace: Workspace): Command[] {
  const words = t.search.commandNames;
  const { id, pinned, status } = conversation;
  const isActive = status === 'active';
  const dialog = (kind: 'share' | 'export' | 'settings' | 'delete') => () => {
    workspace.dialog = { kind, id };
  };
  return [
    { id: 'rename', label: words.rename, run: () => void (workspace.isRenaming = true) },
    {
      id: 'pin',
      label: pinned ? words.unpin : words.pin,
      run: () => workspace.change(id, { pinned: !pinned }),
    },
    {
      id: 'archive',
      label: isActive ? words.archive : words.unarchive,
      run: () => workspace.change(id, { status: isActive ? 'archived' : 'active' }),
    },
    { id: 'share', label: words.share, run: dialog('share') },
    { id: 'export', label: words.export, run: dialog('export') },
    { id: 'conversationSettings', label: t.conversations.settings, run: dialog('settings') },
    { id: 'delete', label: words.delete, run: dialog('delete') },
  ];
}

/** Files for this conversation, or for a new one. */
function chooseFiles(id: string | null, workspace: Workspace): void {
  const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true });
  const add = async (files: File[]): Promise<void> => {
    await goto(id === null ? '/dashboard/chatbot' : `/dashboard/chatbot/${id}`);
    await workspace.current.addFiles(files);
  };
  input.addEventListener('change', () => void add([...(input.files ?? [])]));
  input.click();
}

async function signOut(session: Session, workspace: Workspace): Promise<void> {
  const problem = await session.signOut();
  workspace.list.report(problem, () => signOut(session, workspace));
  if (!problem) await goto('/login');
}
