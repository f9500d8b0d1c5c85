variable "region" {
  type    = string
  default = "us-east-1"
}

variable "name" {
  type    = string
  default = "shop"
}

variable "cidr_block" {
  type    = string
  default = "10.60.0.0/16"
}

variable "way_out" {
  description = "How private subnets reach AWS: nat, or endpoints"
  type        = string
  default     = "nat"

  validation {
    condition     = contains(["nat", "endpoints"], var.way_out)
    error_message = "The way out is nat or endpoints."
  }
}

variable "listener_port" {
  type    = number
  default = 80
}
