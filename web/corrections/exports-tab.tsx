import { NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useKinds } from './candidate-query.ts'
import { CATEGORY_WORDS, FORMAT_WORDS } from './correction-words.ts'
import { CATEGORIES, readCorrectionsSearch } from './corrections-search.ts'
import { ExportPreview } from './export-preview.tsx'
import { ExportRecords } from './export-records.tsx'
import { useCorrectionsAddress } from './use-address.ts'

const route = getRouteApi('/p/$project/corrections')

/** Takes approved corrections away: what the file would hold first, then the file. */
export function ExportsTab() {
  return (
    <div className="scrolled">
      <ExportFilter />
      <ExportPreview search={route.useSearch()} />
      <ExportRecords />
    </div>
  )
}

function ExportFilter() {
  const search = route.useSearch()
  const change = useCorrectionsAddress()
  const { project, client } = useProject()
  const kinds = useKinds('decided')
  const profiles = useQuery({
    queryKey: [project, 'profiles'],
    queryFn: () => readAnswer(client.api['profiles-in-use'].$get()),
  })
  const set = (name: keyof typeof search) => (event: { currentTarget: { value: string } }) =>
    change({ [name]: readCorrectionsSearch({ [name]: event.currentTarget.value })[name] }, 'replace')
  // An export is narrowed by a source that has a name.
  const sources = (kinds.data?.sources ?? []).map(one => one.name).filter(name => name !== '')
  return (
    <fieldset className="export-filter">
      <legend>What goes into the file</legend>
      <NativeSelect
        label="Format"
        value={search.format ?? 'sft'}
        onChange={set('format')}
        data={Object.entries(FORMAT_WORDS).map(([value, { name }]) => ({ value, label: name }))}
      />
      <TextInput label="Decided from" type="date" value={search.from ?? ''} onChange={set('from')} />
      <TextInput
        label="Decided before"
        type="date"
        value={search.to ?? ''}
        onChange={set('to')}
        error={isBackwards(search) && 'After the first date'}
      />
      <NativeSelect
        label="Source"
        value={search.source ?? ''}
        onChange={set('source')}
        data={listChoices('Any source', sources, search.source)}
      />
      <NativeSelect
        label="Category"
        value={search.failure_category ?? ''}
        onChange={set('failure_category')}
        data={[
          { value: '', label: 'Any category' },
          ...CATEGORIES.map(value => ({ value, label: CATEGORY_WORDS[value] })),
        ]}
      />
      <NativeSelect
        label="Profile"
        value={search.profile ?? ''}
        onChange={set('profile')}
        data={listChoices('Any profile', profiles.data ?? [], search.profile)}
      />
      <NativeSelect
        label="Split"
        value={search.split ?? ''}
        onChange={set('split')}
        data={[
          { value: '', label: 'Everything' },
          { value: 'train', label: 'Train' },
          { value: 'test', label: 'Test' },
        ]}
      />
      {search.split !== undefined && (
        <TextInput
          label="Test share, 0 to 1"
          type="number"
          min={0}
          max={1}
          step={0.05}
          placeholder="0.2"
          value={search.test_share ?? ''}
          onChange={set('test_share')}
        />
      )}
    </fieldset>
  )
}

function isBackwards({ from, to }: { from?: string; to?: string }): boolean {
  return from !== undefined && to !== undefined && from > to
}

function listChoices(whatever: string, names: string[], chosen: string | undefined) {
  const all = new Set([...names, ...(chosen === undefined ? [] : [chosen])])
  return [{ value: '', label: whatever }, ...[...all].map(name => ({ value: name, label: name }))]
}
