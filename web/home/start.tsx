import { Link } from '@tanstack/react-router'
import { useProject } from '../shell/api.ts'
import { ConnectCard } from './connect-card.tsx'
import { DemoCard } from './demo-card.tsx'
import { DropCard } from './drop-card.tsx'
import './start.css'

/** The three ways in which sessions come. `count`: how many there are. */
export function Start({ count, onLeave }: { count: number; onLeave: () => void }) {
  const { project } = useProject()
  return (
    <div className="start-page">
      <div className="home-head">
        <h1>{count === 0 ? 'No sessions yet' : 'Add sessions'}</h1>
        {count > 0 && (
          <Link to="/p/$project/home" params={{ project }} search={{}} onClick={onLeave}>
            Go to Home
          </Link>
        )}
      </div>
      <p className="start-words">A session is what an agent really did: its conversation with every call of a tool.</p>
      <div className="start-cards">
        <DemoCard />
        <DropCard />
        <ConnectCard />
      </div>
    </div>
  )
}
