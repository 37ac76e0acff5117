import { Alert, FilterInput, Icon, TagList, useTheme2 } from '@grafana/ui';
import { useEffect, useState } from 'react';
import { descriptions, folders, search } from '../api/grafana';
import { useApp, useTexts } from '../app/context';
import { href } from '../app/location';
import { begin } from '../app/ready';
import { TextLink } from '../app/TextLink';
import { TopBar } from '../app/TopBar';
import { byFolder, type Folder, type Listed, matching } from './listing';

const NONE: Record<string, string> = {};

/** All dashboards by their folders, each with what it is for. */
export function DashboardsPage() {
  const texts = useTexts();
  const theme = useTheme2();
  const { generation } = useApp();
  const [hits, setHits] = useState<Listed[]>();
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const [error, setError] = useState<string>();
  const [wanted, setWanted] = useState('');
  // A new generation may bring other dashboards.
  useEffect(() => {
    const done = begin();
    Promise.all([search(), folders(), descriptions().catch(() => NONE)])
      .then(([found, all, told]) => {
        setHits(found.map((hit) => ({ ...hit, description: told[hit.uid] ?? '' })));
        setNames(new Map(all.map(({ uid, title }) => [uid, title])));
      })
      .catch((reason: Error) => setError(reason.message))
      .finally(done);
    return done;
  }, [generation]);
  const shown = byFolder(matching(hits ?? [], wanted), names, texts('general'));
  return (
    <>
      <TopBar crumbs={[]} />
      <main style={{ maxWidth: 1000, margin: '0 auto', padding: theme.spacing(3, 2) }}>
        <h1>{texts('dashboards')}</h1>
        {error && <Alert severity="error" title={error} />}
        <FilterInput placeholder={texts('search')} value={wanted} onChange={setWanted} autoFocus escapeRegex={false} />
        {hits && !shown.length && <p>{texts('noDashboards')}</p>}
        {shown.map((folder) => (
          <FolderList key={folder.title} folder={folder} />
        ))}
      </main>
    </>
  );
}

function FolderList({ folder }: { folder: Folder }) {
  const theme = useTheme2();
  const line = {
    display: 'flex',
    flexWrap: 'wrap',
    justifyContent: 'space-between',
    gap: theme.spacing(1),
    padding: theme.spacing(1),
    borderTop: `1px solid ${theme.colors.border.weak}`,
  } as const;
  return (
    <section
      aria-label={folder.title}
      style={{
        marginTop: theme.spacing(3),
        background: theme.colors.background.primary,
        border: `1px solid ${theme.colors.border.weak}`,
      }}
    >
      <h2 style={{ margin: 0, padding: theme.spacing(1), fontSize: theme.typography.h5.fontSize }}>
        <Icon name="folder" /> {folder.title}
      </h2>
      {folder.hits.map(({ uid, title, url, tags, description }) => (
        <div key={uid} data-dashboard={uid} style={line}>
          <div>
            <TextLink href={href(url)}>{title}</TextLink>
            <div style={{ color: theme.colors.text.secondary }}>{description}</div>
          </div>
          <TagList tags={tags} />
        </div>
      ))}
    </section>
  );
}
