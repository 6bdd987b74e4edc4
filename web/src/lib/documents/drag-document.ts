import type { Document } from '@alcove/client';

const dragType = 'application/x-alcove-document';
type Dragged = Pick<Document, 'id' | 'name' | 'conversation_id'>;

/** Lets a document be dropped on another conversation of this page, and on nothing else. */
export function dragDocument({ dataTransfer }: DragEvent, { id, name, conversation_id }: Dragged): void {
  if (!dataTransfer) return;
  dataTransfer.effectAllowed = 'copyMove';
  dataTransfer.setData(dragType, JSON.stringify({ id, name, conversation_id }));
}

export function isDocument({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes(dragType) ?? false;
}

/** Null for anything else: what is dragged may come from another page, which can put in what it likes. */
export function draggedDocument({ dataTransfer }: DragEvent): Dragged | null {
  try {
    const dragged = JSON.parse(dataTransfer?.getData(dragType) ?? '') as Record<string, unknown> | null;
    const { id, name, conversation_id } = dragged ?? {};
    const isWhole = [id, name, conversation_id].every((part) => typeof part === 'string');
    return isWhole ? ({ id, name, conversation_id } as Dragged) : null;
  } catch {
    // Not ours: nothing was dropped.
    return null;
  }
}
