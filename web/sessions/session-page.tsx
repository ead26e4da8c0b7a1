import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { rememberRecent } from '../shell/recent.ts'
import { Peek } from './peek.tsx'

const route = getRouteApi('/p/$project/sessions/$id')

/** What happened, was it good? */
export function SessionPage() {
  const { project, id } = route.useParams()
  const navigate = route.useNavigate()
  useEffect(() => rememberRecent(project, { id, label: id }), [project, id])
  return <Peek id={id} onClose={() => void navigate({ to: '/p/$project/sessions', params: { project } })} />
}
