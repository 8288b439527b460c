import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { BlobStore } from '@stepwire/agent-sdk';
import { StepwireError } from '@stepwire/protocol';
import type { RunState } from '@stepwire/run-model';
import type { Response } from 'express';
import type { Credential } from '../auth/credential.ts';
import { SignedIn } from '../auth/sign-in.guard.ts';
import { runState } from '../coordinator-answers.ts';
import { Gateway } from '../gateway.ts';

interface Artifact {
  readonly name: string;
  readonly mediaType: string;
}

/** Artifacts and large results, for who may watch their request. */
@Controller('api/requests/:id/artifacts')
export class ArtifactsController {
  constructor(
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(BlobStore) private readonly blobs: BlobStore,
  ) {}

  @Get(':artifactId')
  async artifact(
    @SignedIn() { viewer }: Credential,
    @Param('id') requestId: string,
    @Param('artifactId') artifactId: string,
    @Res() response: Response,
  ): Promise<void> {
    const answer = await this.gateway.ask('snapshot', { requestId, caller: viewer });
    const artifact = answer.known ? artifactOf(runState(answer.state), artifactId) : undefined;
    if (artifact === undefined)
      throw new StepwireError('not_found', `there is no artifact ${artifactId} of ${requestId}`);
    const bytes = await this.blobs.get(artifactId);
    // It is an agent's: to be kept, never to be run on this origin.
    response.attachment(artifact.name);
    response.setHeader(
      'Content-Type',
      /^[\w.+-]+\/[\w.+-]+(; ?charset=[\w-]+)?$/.test(artifact.mediaType)
        ? artifact.mediaType
        : 'application/octet-stream',
    );
    response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'");
    // its id is the hash of its bytes
    response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
    response.send(bytes);
  }
}

/** What this request made: an id of somebody else's artifact opens nothing here. */
function artifactOf(state: RunState, id: string): Artifact | undefined {
  const made = state.artifacts.find(({ artifactId }) => artifactId === id);
  if (made !== undefined) return made;
  const ref = [state, ...state.steps].find(({ resultRef }) => resultRef?.blobId === id)?.resultRef;
  return ref ? { name: `${id.slice(0, 12)}.json`, mediaType: ref.mediaType } : undefined;
}
