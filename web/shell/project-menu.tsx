import { Button, Menu } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useProject } from './api.ts'
import { useProjects } from './no-project.tsx'

/** The project, and the way to the others. */
export function ProjectMenu() {
  const { project } = useProject()
  const navigate = useNavigate()
  const projects = useProjects()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button className="wide-only" variant="subtle" color="gray" fw={400} aria-label={`Project ${project}`}>
          {project} ▾
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Project</Menu.Label>
        {(projects.data ?? [{ name: project }]).map(({ name }) => (
          <Menu.Item
            key={name}
            {...(name === project ? { 'aria-current': true } : {})}
            onClick={() => navigate({ to: '/p/$project/home', params: { project: name } })}
          >
            {name === project ? `✓ ${name}` : name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
