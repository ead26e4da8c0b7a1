import { Button, Switch } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type PromotionRule, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { SHOWN_AXES } from '../ui/axes.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { RuleForm } from './rule-form.tsx'
import { useCorrectionsAddress } from './use-address.ts'

const route = getRouteApi('/p/$project/corrections')

/** Rules by which answers come into the queue without a person. */
export function RulesTab() {
  const { project, client } = useProject()
  const search = route.useSearch()
  const change = useCorrectionsAddress()
  const rules = useQuery({
    queryKey: [project, 'rules'],
    queryFn: ({ signal }) => readAnswer(client.api.corrections.rules.$get({ query: {} }, { init: { signal } })),
    staleTime: 0,
  })
  const open = () => change({ rule: 'new' })
  useKeys([{ keys: ['n'], label: 'New rule', group: 'Corrections', run: open }])
  const edited = rules.data?.find(rule => rule.name === search.rule)
  return (
    <div className="scrolled">
      <div className="section-head">
        <h2>Rules</h2>
        <Button variant="filled" onClick={open} disabled={search.rule === 'new'}>
          New rule
        </Button>
        <CsvButton rows={rules.data?.length ?? 0} onPress={() => offerRules(rules.data ?? [])} />
      </div>
      {(search.rule === 'new' || edited !== undefined) && (
        <RuleForm key={search.rule} rule={edited ?? null} onClose={() => change({ rule: undefined })} />
      )}
      {rules.isPending && <Skeleton lines={4} />}
      {rules.isError && <Failure what="Couldn't load rules" error={rules.error} onRetry={() => void rules.refetch()} />}
      {rules.data?.length === 0 && (
        <Empty>No rules yet. A rule promotes disliked answers, or those of sessions that were judged low.</Empty>
      )}
      {rules.data !== undefined && rules.data.length > 0 && (
        <table className="plain-table cards">
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">Promotes</th>
              <th scope="col">Profile</th>
              <th scope="col" className="end">
                Takes
              </th>
              <th scope="col" className="end">
                A day
              </th>
              <th scope="col">On</th>
              <th scope="col">
                <span className="unseen">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.data.map(rule => (
              <RuleLine key={rule.name} rule={rule} onEdit={() => change({ rule: rule.name })} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

function RuleLine({ rule, onEdit }: { rule: PromotionRule; onEdit: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const refresh = () => queries.invalidateQueries({ queryKey: [project, 'rules'] })
  const [asked, setAsked] = useState(false)
  const turn = useMutation({
    mutationFn: (enabled: boolean) => readAnswer(client.api.corrections.rules.$post({ json: { ...rule, enabled } })),
    onSettled: refresh,
  })
  const remove = useMutation({
    mutationFn: () =>
      readAnswer(client.api.corrections.rules[':name'].$delete({ param: { name: encodeURIComponent(rule.name) } })),
    onSettled: refresh,
  })
  const on = turn.isPending ? turn.variables : rule.enabled
  return (
    <tr>
      <th scope="row">
        <Link to="/p/$project/corrections" params={{ project }} search={{ source: `rule:${rule.name}` }}>
          {rule.name}
        </Link>
      </th>
      <td data-label="Promotes">{describeCondition(rule)}</td>
      <td data-label="Profile">{rule.profile ?? <span className="quiet">any</span>}</td>
      <td data-label="Takes" className="end">
        {Math.round(rule.sampling * 10_000) / 100} %
      </td>
      <td data-label="A day" className="end">
        ≤ {rule.max_per_day.toLocaleString('en-US')}
      </td>
      <td data-label="On">
        <Switch
          checked={on}
          aria-label={`${rule.name} is on`}
          onChange={event => turn.mutate(event.currentTarget.checked)}
        />
        {turn.isError && <Failure what="Not switched" error={turn.error} />}
      </td>
      <td>
        {asked ? (
          <span className="confirm">
            What it promoted stays.{' '}
            <Button className="danger" onClick={() => remove.mutate()} loading={remove.isPending}>
              Remove the rule
            </Button>
            <Button variant="subtle" onClick={() => setAsked(false)}>
              Keep
            </Button>
          </span>
        ) : (
          <>
            <Button onClick={onEdit} aria-label={`Edit ${rule.name}`}>
              Edit
            </Button>{' '}
            <Button variant="subtle" onClick={() => setAsked(true)} aria-label={`Remove ${rule.name}`}>
              Remove
            </Button>
          </>
        )}
        {remove.isError && <Failure what="Not removed" error={remove.error} />}
      </td>
    </tr>
  )
}

function describeCondition({ when }: PromotionRule): string {
  if (when.kind === 'dislike') return 'disliked answers'
  const axis = SHOWN_AXES.find(one => one.axis === when.axis)?.label ?? when.axis
  return `the last answer where ${axis} is below ${when.below}`
}

function offerRules(rules: PromotionRule[]): void {
  const header = ['name', 'promotes', 'profile', 'sampling', 'max_per_day', 'enabled']
  const lines = rules.map(rule => [
    ...[rule.name, describeCondition(rule), rule.profile ?? null, rule.sampling, rule.max_per_day],
    String(rule.enabled),
  ])
  offerFile('rules.csv', writeCsv(header, lines))
}
