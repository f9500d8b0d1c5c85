import { lifecycle } from "./lifecycle.ts";

const CONFIGURATION = `
data "aws_subnets" "all" {}
resource "aws_service_discovery_http_namespace" "shop" { name = "shop" }
resource "aws_ecs_cluster" "mesh" {
  name = "mesh"
  service_connect_defaults { namespace = aws_service_discovery_http_namespace.shop.arn }
}
resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = 256
  memory                   = 512
  container_definitions = jsonencode([{
    name         = "web"
    image        = "web:1"
    portMappings = [{ containerPort = 80, name = "web", appProtocol = "http" }, { containerPort = 81, name = "raw" }]
  }])
}
resource "aws_ecs_service" "backend" {
  name            = "backend"
  cluster         = aws_ecs_cluster.mesh.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 0
  launch_type     = "FARGATE"
  network_configuration { subnets = data.aws_subnets.all.ids }
  service_connect_configuration {
    enabled   = true
    namespace = aws_service_discovery_http_namespace.shop.arn
    service {
      port_name             = "web"
      discovery_name        = "api"
      ingress_port_override = 8000 + var.step
      client_alias {
        dns_name = "backend"
        port     = 8080
      }
      timeout {
        idle_timeout_seconds        = 60
        per_request_timeout_seconds = 5 * var.step
      }
    }
    service {
      port_name = "raw"
      client_alias { port = 9000 }
    }
  }
}
resource "aws_ecs_service" "client" {
  name            = "client"
  cluster         = aws_ecs_cluster.mesh.id
  task_definition = aws_ecs_task_definition.web.arn
  desired_count   = 0
  launch_type     = "FARGATE"
  network_configuration { subnets = data.aws_subnets.all.ids }
  service_connect_configuration { enabled = true }
  depends_on = [aws_ecs_service.backend]
}
`;

lifecycle("Terraform makes a mesh of Service Connect, plans clean, changes it in place and destroys it", {
  configuration: CONFIGURATION,
  changes: ["aws_ecs_service.backend update"],
});
