"""Models of what we use of other projects' objects, for which Kubernetes has no schema.

They are our own reading of the documentation of KEDA 2 and of the Prometheus operator: they find
misspelled fields and wrong types, and cannot find that a project has changed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, StringConstraints

Duration = Annotated[str, StringConstraints(pattern=r"^([0-9]+(ms|s|m|h|d|w|y))+$")]
Number = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)?$")]
Truth = Literal["true", "false"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Metadata(Strict):
    name: str
    namespace: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class PrometheusQuery(Strict):
    serverAddress: Annotated[str, StringConstraints(pattern=r"^https?://")]
    query: str
    threshold: Number
    activationThreshold: Number = "0"
    ignoreNullValues: Truth = "true"


class PrometheusTrigger(Strict):
    type: Literal["prometheus"]
    metadata: PrometheusQuery


class AutoscalerConfig(Strict):
    behavior: dict[str, Any] = {}  # an object of autoscaling/v2, which a test checks as such


class Advanced(Strict):
    horizontalPodAutoscalerConfig: AutoscalerConfig = AutoscalerConfig()


class Target(Strict):
    name: str
    kind: str = "Deployment"


class ScaledObjectSpec(Strict):
    scaleTargetRef: Target
    minReplicaCount: NonNegativeInt = 0
    maxReplicaCount: PositiveInt = 100
    pollingInterval: PositiveInt = 30
    cooldownPeriod: NonNegativeInt = 300
    advanced: Advanced = Advanced()
    triggers: Annotated[list[PrometheusTrigger], Field(min_length=1)]


class ScaledObject(Strict):
    apiVersion: Literal["keda.sh/v1alpha1"]
    kind: Literal["ScaledObject"]
    metadata: Metadata
    spec: ScaledObjectSpec


class Selector(Strict):
    matchLabels: dict[str, str]


class Relabeling(Strict):
    sourceLabels: list[str]
    targetLabel: str


class Endpoint(Strict):
    port: str
    path: str = "/metrics"
    interval: Duration = "30s"
    relabelings: list[Relabeling] = []


class PodMonitorSpec(Strict):
    selector: Selector
    podMetricsEndpoints: Annotated[list[Endpoint], Field(min_length=1)]


class PodMonitor(Strict):
    apiVersion: Literal["monitoring.coreos.com/v1"]
    kind: Literal["PodMonitor"]
    metadata: Metadata
    spec: PodMonitorSpec


MODELS: dict[str, type[ScaledObject | PodMonitor]] = {
    "ScaledObject": ScaledObject,
    "PodMonitor": PodMonitor,
}
