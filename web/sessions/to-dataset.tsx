import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import './list-page.css'

interface Wish {
  name: string
  source: 'sessions' | 'feedback'
}

/** Makes cases of sessions: of what users asked in them, or of the answers that people rated. */
export function ToDataset({ ids, onClose }: { ids: string[]; onClose: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const listId = useId()
  const [wish, setWish] = useState<Wish>({ name: '', source: 'sessions' })
  const datasets = useQuery({
    queryKey: [project, 'datasets'],
    queryFn: ({ signal }) => readAnswer(client.api.datasets.$get({}, { init: { signal } })),
    staleTime: 0,
  })
  const save = useMutation({
    mutationFn: ({ name, source }: Wish) => {
      const given = {
        param: { name: encodeURIComponent(name.trim()) },
        json: { session_ids: ids, mode: 'append' as const },
      }
      const of = client.api.datasets[':name']
      return readAnswer(source === 'sessions' ? of.sessions.$post(given) : of.feedback.$post(given))
    },
    onSuccess: () => void queries.invalidateQueries({ queryKey: [project, 'datasets'] }),
  })
  const known = datasets.data?.find(one => one.name === wish.name.trim())
  const many = ids.length === 1 ? '1 session' : `${ids.length.toLocaleString('en-US')} sessions`
  const set = (part: Partial<Wish>) => {
    setWish(former => ({ ...former, ...part }))
    save.reset()
  }
  return (
    <Modal opened onClose={onClose} title={`Make cases of ${many}`}>
      <form
        className="to-dataset"
        onSubmit={event => {
          event.preventDefault()
          if (wish.name.trim() !== '' && !save.isPending) save.mutate(wish)
        }}
      >
        <TextInput
          data-autofocus
          label="Dataset"
          description="A name that is not there yet makes a new one."
          list={listId}
          autoComplete="off"
          maxLength={200}
          value={wish.name}
          onChange={event => set({ name: event.currentTarget.value })}
        />
        <datalist id={listId}>
          {datasets.data?.map(one => (
            <option key={one.name} value={one.name} />
          ))}
        </datalist>
        <NativeSelect
          label="Cases"
          value={wish.source}
          onChange={event => set({ source: event.currentTarget.value === 'feedback' ? 'feedback' : 'sessions' })}
          data={[
            { value: 'sessions', label: 'What users asked, with the conversation before' },
            { value: 'feedback', label: 'Answers that people rated' },
          ]}
        />
        <div className="to-dataset-foot">
          <Button type="submit" variant="filled" loading={save.isPending} disabled={wish.name.trim() === ''}>
            {known === undefined ? 'Make the dataset' : `Add to its ${known.case_count.toLocaleString('en-US')} cases`}
          </Button>
          <Button variant="subtle" onClick={onClose}>
            {save.isSuccess ? 'Close' : 'Cancel'}
          </Button>
        </div>
        <p role="status">
          {save.data && (
            <>
              {save.data.added.toLocaleString('en-US')} new, {save.data.changed.toLocaleString('en-US')} changed,{' '}
              {save.data.unchanged.toLocaleString('en-US')} there already.{' '}
              <Link to="/p/$project/datasets/$name/$v" params={{ project, name: wish.name.trim(), v: 'newest' }}>
                See the dataset
              </Link>
            </>
          )}
        </p>
        {save.isError && <Failure what="No cases were made" error={save.error} />}
      </form>
    </Modal>
  )
}
