import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import '../ui/banner.css'

/** The versions in force. Pinning others asks for everything of the project again, and so for them. */
export function usePins() {
  const { project, client } = useProject()
  return useQuery({ queryKey: [project, 'pins', 'now'], queryFn: () => readAnswer(client.api.eval.pins.$get()) })
}

/** Says that what was judged under these versions does not count, where others are pinned; nothing where it does. */
export function Unpinned({ judge_version, rubric_version }: { judge_version: string; rubric_version: string }) {
  const { project } = useProject()
  const pins = usePins().data
  if (pins === undefined) return null
  const others = [
    ...(pins.judge_version === judge_version ? [] : [pins.judge_version]),
    ...(pins.rubric_version === rubric_version ? [] : [pins.rubric_version]),
  ]
  if (others.length === 0) return null
  return (
    <p className="banner">
      What is pinned is {others.join(' under ')}, so these scores count as stale, and not in trends.{' '}
      <Link to="/p/$project/settings/$section" params={{ project, section: 'pins' }}>
        Pins
      </Link>
    </p>
  )
}
