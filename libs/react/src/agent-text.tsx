import type { ReactNode } from 'react';
import Markdown from 'react-markdown';

/**
 * Text of an agent, as Markdown. It is never HTML: react-markdown shows tags as the text they are and drops `javascript:`
 * addresses. Images are left out, since fetching one tells its server who reads this and when.
 */
export function AgentText({ children }: { readonly children: string }): ReactNode {
  return (
    <div className="stepwire-text">
      <Markdown disallowedElements={['img']} components={{ a: Link }}>
        {children}
      </Markdown>
    </div>
  );
}

function Link({ href, children }: { readonly href?: string | undefined; readonly children?: ReactNode }): ReactNode {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
