import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { readAnswer } from '#client.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import { anyClient, useProject } from './api.ts'

/** In the place of a page when the address names a project that is not there, or not this reader's: why, and where to go. */
export function NoProject({ reason }: { reason: string }) {
  const { project } = useProject()
  const projects = useProjects()
  return (
    <div className="page-body">
      <h1>No project “{project}”</h1>
      <p>{reason}</p>
      {projects.isPending && <Skeleton lines={2} />}
      {projects.isError && (
        <Failure what="Couldn't list the projects" error={projects.error} onRetry={() => void projects.refetch()} />
      )}
      {projects.data && (
        <nav aria-label="Projects that are there">
          <h2>Projects that are there</h2>
          <ul>
            {projects.data.map(({ name }) => (
              <li key={name}>
                <Link to="/p/$project/home" params={{ project: name }}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
      )}
    </div>
  )
}

/** Every project; asked for in none, since that of the address may not be there. */
export function useProjects() {
  return useQuery({ queryKey: ['projects'], queryFn: () => readAnswer(anyClient().api.projects.$get()) })
}
