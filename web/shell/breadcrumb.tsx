import { Link, useMatches } from '@tanstack/react-router'
import { useProject } from './api.ts'
import type { Place } from './navigation.ts'
import { useNameOf } from './page-name.ts'

/** What the top bar says of a page, from its route's static data. */
export interface Crumb {
  label: string
  /** The parameter that is the page's name, as a prompt's. */
  parameter?: string
  /** The parameter that is the id of what the page is about; its name stands here once it is known, else the label. */
  id?: string
  /** The list that it belongs to. */
  above?: { label: string; to: Place['to'] }
  /** Whether it belongs to the experiment whose id is in the address, and so stands behind its name. */
  ofExperiment?: true
}

/** The way up is not where one is. */
const EXACT = { exact: true }

/** Where one is: the list, what in it, and which view of that. Names, not ids; those are on hover. */
export function Breadcrumb() {
  const { project } = useProject()
  const match = useMatches().findLast(one => one.staticData.crumb !== undefined)
  const crumb = match?.staticData.crumb
  const read = (parameter: string | undefined) => {
    const value: unknown = match === undefined ? undefined : Reflect.get(match.params, parameter ?? '')
    return typeof value === 'string' ? value : undefined
  }
  const id = read(crumb?.id)
  const experiment = crumb?.ofExperiment ? read('id') : undefined
  const learned = useNameOf(project, id)
  const experimentName = useNameOf(project, experiment)
  return (
    <nav aria-label="Where you are" className="where">
      <ol className="breadcrumb">
        {crumb?.above && (
          <li>
            <Link to={crumb.above.to} params={{ project }} activeOptions={EXACT}>
              {crumb.above.label}
            </Link>
          </li>
        )}
        {experiment !== undefined && (
          <li title={experiment}>
            <Link to="/p/$project/experiments/$id" params={{ project, id: experiment }} activeOptions={EXACT}>
              {experimentName ?? 'Experiment'}
            </Link>
          </li>
        )}
        <li aria-current="page" title={id}>
          {read(crumb?.parameter) ?? learned ?? crumb?.label}
        </li>
      </ol>
    </nav>
  )
}
