import { expect, it } from 'vitest';
import { byFolder, type Listed, matching } from '../src/pages/listing';

const board = (title: string, description = ''): Listed => ({ uid: title, title, url: '', tags: [], description });

it('an overview comes before the others of its folder', () => {
  const [folder] = byFolder([board('GPU'), board('Zone overview'), board('Alerts')], new Map(), 'General');
  expect(folder?.hits.map(({ title }) => title)).toEqual(['Zone overview', 'Alerts', 'GPU']);
});

it('a dashboard is found by what it is for', () =>
  expect(matching([board('SLO', 'Do we keep what we promised?'), board('GPU')], 'promised')).toHaveLength(1));
