/** Who may do what with a repository. */
export interface RepositoryAccess {
  /** ARNs of who may pull. */
  readonly pull: readonly string[];
  /** ARN of the role that may push, and no other. */
  readonly push: string;
}

const PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
const PUSH = ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"];

/**
 * The access policy of a repository, as JSON text. Allowing one role to push forbids it to nobody of the same account, so
 * that everybody else is denied it.
 */
export function accessPolicy({ pull, push }: RepositoryAccess): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Sid: "NodesPull", Effect: "Allow", Principal: { AWS: pull }, Action: PULL },
      { Sid: "DeliveryPushes", Effect: "Allow", Principal: { AWS: [push] }, Action: [...PULL, ...PUSH] },
      {
        Sid: "NobodyElsePushes",
        Effect: "Deny",
        Principal: "*",
        Action: PUSH,
        Condition: { ArnNotEquals: { "aws:PrincipalArn": push } },
      },
    ],
  });
}

/** How long images are kept that nobody released. */
export interface Retention {
  readonly edgeDays: number;
  readonly dailyDays: number;
}

/** More images than a repository can hold: a rule that counts to it never expires one. */
const NEVER = 1_000_000;

/** Tags that may be moved to other images: what is newest, what is of today, what is recommended. */
export const MOVING_TAGS = ["edge", "edge-*", "d_*", "recommended"];

/**
 * The lifecycle policy of a repository, as JSON text. ECR expires no image by a rule if one before it selects the image, so
 * the first keeps what was released, whatever other tags it has; formal tags no rule selects.
 */
export function lifecyclePolicy({ edgeDays, dailyDays }: Retention): string {
  const expire = { type: "expire" };
  const kept = { tagStatus: "tagged", tagPatternList: ["rel-*"], countType: "imageCountMoreThan", countNumber: NEVER };
  const old = (pattern: string, countNumber: number) => ({
    tagStatus: "tagged",
    tagPatternList: [pattern],
    countType: "sinceImagePushed",
    countUnit: "days",
    countNumber,
  });
  return JSON.stringify({
    rules: [
      { rulePriority: 1, description: "Keep what was released", selection: kept, action: expire },
      { rulePriority: 2, description: "Old edge images", selection: old("edge-*", edgeDays), action: expire },
      { rulePriority: 3, description: "Old daily images", selection: old("d_*", dailyDays), action: expire },
    ],
  });
}
