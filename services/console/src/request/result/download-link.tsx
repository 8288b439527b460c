import { Download } from 'lucide-react';
import type { ReactNode } from 'react';
import { useGatewayApi } from '../../shell/viewer.ts';
import { Button } from '../../ui/button.tsx';
import { requestPath } from '../request-context.ts';
import { visibleText } from '../visible-text.ts';

interface DownloadLinkProps {
  readonly requestId: string;
  readonly id: string;
  readonly name: string;
  readonly bytes: number;
}

export function DownloadLink({ requestId, id, name, bytes }: DownloadLinkProps): ReactNode {
  const api = useGatewayApi();
  return (
    <Button asChild size="sm">
      <a href={api.address(requestPath(requestId, `/artifacts/${encodeURIComponent(id)}`))} download>
        <Download aria-hidden="true" className="size-4" />
        {visibleText(name)}
        <span className="text-muted">{bytesText(bytes)}</span>
      </a>
    </Button>
  );
}

export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const [size, unit] = bytes < 1_000_000 ? [bytes / 1_000, 'kB'] : [bytes / 1_000_000, 'MB'];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}
