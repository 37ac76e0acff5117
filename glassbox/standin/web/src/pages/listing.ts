import type { Hit } from '../api/grafana';

/** A dashboard with what it is for; "" where it does not say. */
export interface Listed extends Hit {
  description: string;
}

export interface Folder {
  title: string;
  hits: Listed[];
}

/** Every word must be in the title, a tag or the description. */
export function matching(hits: Listed[], wanted: string): Listed[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return hits.filter(({ title, tags, description }) => {
    const text = [title, description, ...tags].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** People begin with what calls itself an overview. */
const BEGINNING = /overview|总览|概览/i;

/** Folders by their names; in each an overview comes first, then the others by their titles. */
export function byFolder(hits: Listed[], names: ReadonlyMap<string, string>, general: string): Folder[] {
  const found = new Map<string, Listed[]>();
  for (const hit of hits) {
    const title = hit.folderTitle ?? names.get(hit.folderUid ?? '') ?? general;
    found.set(title, [...(found.get(title) ?? []), hit]);
  }
  const later = ({ title }: Listed): number => Number(!BEGINNING.test(title));
  return [...found]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([title, list]) => ({
      title,
      hits: list.toSorted((a, b) => later(a) - later(b) || a.title.localeCompare(b.title)),
    }));
}
