import { Button, NativeSelect, NumberInput, TextInput } from '@mantine/core'
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type PromotionRule, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { SHOWN_AXES, type ShownAxis } from '../ui/axes.ts'
import { countOf } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'
import { useSettled } from '../ui/use-settled.ts'

interface Wish {
  name: string
  kind: 'dislike' | 'axis'
  axis: ShownAxis
  below: number | null
  profile: string
  percent: number | null
  most: number | null
  enabled: boolean
}

/** Makes a rule, or changes one. What it would have done in the last month stands beside its button before it is saved. */
export function RuleForm({ rule, onClose }: { rule: PromotionRule | null; onClose: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const [wish, setWish] = useState<Wish>(() => readRule(rule))
  const set = (part: Partial<Wish>) => setWish(former => ({ ...former, ...part }))
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector<HTMLElement>('input:not(:disabled), select')?.focus(), [])
  const profiles = useQuery({
    queryKey: [project, 'profiles'],
    queryFn: () => readAnswer(client.api['profiles-in-use'].$get()),
  })
  const asked = toRule(wish)
  const once = useOnce()
  const save = useMutation({
    mutationFn: (json: PromotionRule) => readAnswer(client.api.corrections.rules.$post({ json })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: [project, 'rules'] })
      onClose()
    },
  })
  const badName = wish.name !== '' && !/^[\w-]{1,60}$/.test(wish.name)
  return (
    <form
      ref={form}
      className="rule-form"
      aria-label={rule === null ? 'New rule' : `Rule ${rule.name}`}
      onSubmit={event => {
        event.preventDefault()
        if (asked !== null) once(onSettled => save.mutate(asked, { onSettled }))
      }}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      <TextInput
        label="Name"
        value={wish.name}
        disabled={rule !== null}
        error={badName && 'Letters, digits, - and _; 60 at most'}
        onChange={event => set({ name: event.currentTarget.value })}
      />
      <NativeSelect
        label="Promotes"
        value={wish.kind === 'dislike' ? 'dislike' : wish.axis}
        onChange={event => set(readCondition(event.currentTarget.value))}
        data={[
          { value: 'dislike', label: 'Disliked answers' },
          ...SHOWN_AXES.map(({ axis, label }) => ({ value: axis, label: `Low ${label}` })),
        ]}
      />
      {wish.kind === 'axis' && (
        <NumberInput
          label="Mean below"
          min={0}
          max={100}
          hideControls
          value={wish.below ?? ''}
          onChange={value => set({ below: readNumber(value) })}
        />
      )}
      <NativeSelect
        label="Profile"
        value={wish.profile}
        onChange={event => set({ profile: event.currentTarget.value })}
        data={[
          { value: '', label: 'Any profile' },
          ...[...new Set([...(profiles.data ?? []), ...(wish.profile === '' ? [] : [wish.profile])])].map(name => ({
            value: name,
            label: name,
          })),
        ]}
      />
      <NumberInput
        label="Takes, % of them"
        min={0}
        max={100}
        hideControls
        value={wish.percent ?? ''}
        onChange={value => set({ percent: readNumber(value) })}
      />
      <NumberInput
        label="At most a day"
        min={0}
        max={10_000}
        allowDecimal={false}
        hideControls
        value={wish.most ?? ''}
        onChange={value => set({ most: readNumber(value) })}
      />
      <div className="rule-foot">
        <Button type="submit" variant="filled" disabled={asked === null} loading={save.isPending}>
          {rule === null ? 'Make the rule' : 'Save the rule'}
        </Button>
        <Button variant="subtle" onClick={onClose}>
          Close
        </Button>
        <Trial rule={asked} />
        {save.isError && <Failure what="The rule was not saved" error={save.error} />}
      </div>
    </form>
  )
}

/** What the rule would have promoted of late. Promotes nothing. */
function Trial({ rule }: { rule: PromotionRule | null }) {
  const { project, client } = useProject()
  const settled = useSettled(rule === null ? null : JSON.stringify({ ...rule, name: 'trial' }))
  const trial = useQuery({
    queryKey: [project, 'rule trial', settled],
    queryFn: ({ signal }) => {
      const json: PromotionRule = JSON.parse(settled ?? '')
      return readAnswer(client.api.corrections.rules.try.$post({ json }, { init: { signal } }))
    },
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
  if (rule === null) return <p role="status">Name it, and fill in every field.</p>
  if (trial.isError) {
    return <Failure what="Couldn't try it" error={trial.error} onRetry={() => void trial.refetch()} />
  }
  if (trial.data === undefined) return <p role="status">Trying it on the last month …</p>
  const { days, found, known, sampled_out, over_limit, would_promote } = trial.data
  const apart = [
    ...(known > 0 ? [`${known.toLocaleString('en-US')} are candidates already`] : []),
    ...(sampled_out > 0 ? [`${sampled_out.toLocaleString('en-US')} left by the share`] : []),
    ...(over_limit > 0 ? [`${over_limit.toLocaleString('en-US')} would still wait`] : []),
  ]
  return (
    <p role="status">
      Would have promoted <strong>{would_promote.toLocaleString('en-US')}</strong> in the last {days} days, of{' '}
      {countOf(found, 'answer')} found{apart.length > 0 && `: ${apart.join(', ')}`}.
    </p>
  )
}

function readRule(rule: PromotionRule | null): Wish {
  const when = rule?.when ?? { kind: 'dislike' as const }
  return {
    name: rule?.name ?? '',
    kind: when.kind,
    axis: when.kind === 'axis' ? when.axis : 'goal_completion',
    below: when.kind === 'axis' ? when.below : 40,
    profile: rule?.profile ?? '',
    percent: Math.round((rule?.sampling ?? 1) * 10_000) / 100,
    most: rule?.max_per_day ?? 50,
    enabled: rule?.enabled ?? true,
  }
}

/** Null where a field is missing or cannot be meant. */
function toRule({ name, kind, axis, below, profile, percent, most, enabled }: Wish): PromotionRule | null {
  if (!/^[\w-]{1,60}$/.test(name) || percent === null || most === null) return null
  if (kind === 'axis' && below === null) return null
  return {
    name,
    when: kind === 'axis' ? { kind, axis, below: below ?? 0 } : { kind },
    ...(profile === '' ? {} : { profile }),
    sampling: percent / 100,
    max_per_day: most,
    enabled,
  }
}

function readCondition(value: string): Partial<Wish> {
  const axis = SHOWN_AXES.find(one => one.axis === value)?.axis
  return axis === undefined ? { kind: 'dislike' } : { kind: 'axis', axis }
}

function readNumber(value: string | number): number | null {
  return typeof value === 'number' ? value : null
}
