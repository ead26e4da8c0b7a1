import { getRouteApi } from '@tanstack/react-router'
import { useProject } from '../shell/api.ts'
import { LoadFailure } from '../shell/missing.tsx'
import { Skeleton } from '../ui/states.tsx'
import { Build } from './build.tsx'
import { useExperiment } from './experiment-query.ts'
import { NEW_EXPERIMENT, writeExperiment } from './experiment-text.ts'

const route = getRouteApi('/p/$project/experiments/$id/build')

/** A question that nobody asked yet. */
export function NewExperimentPage() {
  const { project } = useProject()
  return <Build key={project} origin={null} start={NEW_EXPERIMENT} />
}

/** What runs? A draft as it stands, or another experiment that asks what this one did. */
export function BuildPage() {
  const { id } = route.useParams()
  const experiment = useExperiment(id)
  if (experiment.data === undefined && experiment.isError)
    return (
      <LoadFailure
        what="Couldn't load the experiment"
        error={experiment.error}
        onRetry={() => void experiment.refetch()}
        missing={{ noun: 'experiment', name: id, list: { label: 'Experiments', to: '/p/$project/experiments' } }}
      />
    )
  if (experiment.data === undefined) return <Skeleton lines={12} height={24} />
  return <Build key={id} origin={experiment.data} start={writeExperiment(experiment.data)} />
}
