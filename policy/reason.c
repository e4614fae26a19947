#include "policy/reason.h"
